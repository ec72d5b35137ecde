"""The names of the resources of FHIR R4 (4.0.1): HL7, https://hl7.org/fhir/R4/resourcelist.html."""

from enum import Enum

# Those the warehouse reads, or must recognise as old when they are.
READ = """AllergyIntolerance CarePlan CareTeam Claim Condition Device DiagnosticReport Encounter
ExplanationOfBenefit ImagingStudy Immunization Medication MedicationAdministration
MedicationDispense MedicationRequest MedicationStatement Observation Organization Patient
Practitioner Procedure""".split()  # noqa: SIM905

# The others bring no row.
OTHERS = """Account ActivityDefinition AdverseEvent Appointment AppointmentResponse AuditEvent Basic
Binary BiologicallyDerivedProduct BodyStructure CapabilityStatement CatalogEntry ChargeItem
ChargeItemDefinition ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest
CompartmentDefinition Composition ConceptMap Consent Contract Coverage CoverageEligibilityRequest
CoverageEligibilityResponse DetectedIssue DeviceDefinition DeviceMetric DeviceRequest
DeviceUseStatement DocumentManifest DocumentReference EffectEvidenceSynthesis Endpoint
EnrollmentRequest EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable
ExampleScenario FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse
HealthcareService ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide
InsurancePlan Invoice Library Linkage List Location Measure MeasureReport Media
MedicationKnowledge MedicinalProduct MedicinalProductAuthorization
MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient
MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged
MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader
MolecularSequence NamingSystem NutritionOrder ObservationDefinition OperationDefinition
OperationOutcome OrganizationAffiliation Parameters PaymentNotice PaymentReconciliation Person
PlanDefinition PractitionerRole Provenance Questionnaire QuestionnaireResponse RelatedPerson
RequestGroup ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject
RiskAssessment RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest Slot Specimen
SpecimenDefinition StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid
SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial
SubstanceSpecification SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport
TestScript ValueSet VerificationResult VisionPrescription""".split()  # noqa: SIM905

# Checking a name is one look-up inside the decoder.
R4Name = Enum("R4Name", {name: name for name in READ + OTHERS}, type=str)  # type: ignore[misc]
